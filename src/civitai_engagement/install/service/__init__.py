"""The service that observes while no assistant is open: what each system's manager is told, and how it is asked."""
