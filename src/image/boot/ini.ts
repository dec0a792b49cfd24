/** A value of a key file of GLib. */
export function iniValue(text: string, section: string, key: string): string | undefined {
  let here = ''
  for (const line of text.split('\n').map((one) => one.trim())) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? []
    if (name !== undefined) here = name
    const [, found, value] = /^([^#;=]+?)\s*=\s*(.*)$/.exec(line) ?? []
    if (here === section && found === key) return value
  }
  return undefined
}
