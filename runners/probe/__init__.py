"""The probe: what a model computes on a device, position by position, with proof of the device."""
