"""What all servers here share: addresses to listen on, and the words of ASGI."""
