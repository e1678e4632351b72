"""What single commands do beside the service: say why, list, group. None of it runs in the service."""
