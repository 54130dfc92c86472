"""What customers were believed: made good without proof, or without the goods back. Claims and returns count alike."""
