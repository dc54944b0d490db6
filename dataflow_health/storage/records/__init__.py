"""Stored records beside the ledger: observations, status changes, incidents, audit log, results."""
