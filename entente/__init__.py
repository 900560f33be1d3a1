"""The front door: command line, application, settings, embedded servers. Wires everything together."""

__version__ = "0.1.0"
