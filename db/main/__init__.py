"""The global database: one file for each subject."""
