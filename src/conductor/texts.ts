/** Members of what a machine says, under names of our own: texts alone, trimmed; what is empty is left out. */
export function texts<K extends string>(
  said: Readonly<Record<string, unknown>>,
  names: Readonly<Record<K, string>>,
): { [N in K]?: string } {
  const found: { [N in K]?: string } = {}
  for (const key of Object.keys(names) as K[]) {
    const value = said[names[key]]
    const text = typeof value === 'string' ? value.trim() : ''
    if (text !== '') found[key] = text
  }
  return found
}
