"""Jobs as Kubernetes Jobs: one Job makes one pod, its secrets and its service are its own, and end with it."""
