"""Other people's systems as they behave on their worst day, for every stage but prod."""
