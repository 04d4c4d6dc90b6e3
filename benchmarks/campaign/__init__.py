"""The fault campaign (README.md, 'Faults'): load, faults, and a checker that looks whether every promise held."""
