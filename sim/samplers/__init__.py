"""Samplers, one file each: what draws a chain of fits. Which of them simulate which task is said in `sim.tasks`."""
