"""Whether answers rest on something: facts against a truth, citations against passages."""
