/** A key that belongs to an input method: committing a conversion is not a command. Safari ends the composition before its Enter. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
