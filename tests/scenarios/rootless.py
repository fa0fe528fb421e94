"""A host where nobody thought of sudo."""

vm = ["vm"]
