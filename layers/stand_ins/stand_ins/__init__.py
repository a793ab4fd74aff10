"""Stand-ins for the systems of Bancard and Google. They are deployed on local and dev stages alone."""
