"""The ways to a customer: a folder each, with the same files in every one; none knows another or the pipeline."""
