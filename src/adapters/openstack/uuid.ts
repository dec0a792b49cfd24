const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text can be an id: services look for anything else among the names. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
