"""Rules with their versions: files of the scenario, and changes published here with two signatures."""
