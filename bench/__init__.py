"""How fast the kernel is, against named rivals on the same server in the same run."""
