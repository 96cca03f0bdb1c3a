"""The city's knowledge base: documents cut into passages that can be cited, and answers with the clause."""
