"""Who and where: areas, people, numbers, uptake. Imports nothing from the rooms above."""
