"""The judge's numbers on a GPU, in one pass over both sides: Triton kernels and what launches them.

`launch` is the way in and needs torch only; the kernels are imported, and Triton with them, when it is called.
"""
