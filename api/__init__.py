"""The doors: REST, command line, spreadsheets. None of them imports another."""
