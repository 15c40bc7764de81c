class ModerationError(Exception):
    """A decision, report or appeal is refused; `code` names the reason, `message` explains it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
