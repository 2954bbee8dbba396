"""The three services and the plumbing they share. A service never imports another one."""
