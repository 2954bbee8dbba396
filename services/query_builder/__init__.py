"""From a request to a checked text: template choice, evidence, composition, check, issue or hold. Stateless."""
