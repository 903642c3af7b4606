"""What is asked: tables and questions made from the ledger, and disposable."""
