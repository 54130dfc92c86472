"""Units on their way back: set aside when a return is agreed, then returned, kept, or free again."""
