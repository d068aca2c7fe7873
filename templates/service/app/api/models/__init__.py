"""What the API takes and gives, where it differs from commands and rows."""
