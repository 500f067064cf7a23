"""What all servers here share: addresses to listen on, where keys stand, and the words of ASGI."""
