"""What stands behind the ports: network, disk, Slack, clock."""
