"""The contracts: what travels on Kafka, and the document that the compliance check reads.

Pydantic only: no I/O, no clock, no settings. Everything here is frozen, and consumers ignore fields they do not know.
"""
