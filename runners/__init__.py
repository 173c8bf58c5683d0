"""What runs on another machine: smokes, their legs, and the process that runs them."""
