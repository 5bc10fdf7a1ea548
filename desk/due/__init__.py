"""What is due: promises, tasks and approvals that wait, and what is done about them."""
