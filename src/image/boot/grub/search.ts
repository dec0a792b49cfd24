export type SearchBy = 'fs_uuid' | 'fs_label' | 'file'

export type Search = Readonly<{
  by: SearchBy
  wanted: string
  /** What is set to the device that was found; undefined where it is only looked for. */
  variable?: string
}>

/** GRUB manual, "search": `search --fs-uuid --set=root UUID`, `search.fs_uuid UUID root`. Hints are not needed. */
export function parseSearch(command: string, values: readonly string[]): Search {
  const isPlain = command === 'search'
  let by: SearchBy =
    command === 'search.fs_uuid' ? 'fs_uuid' : command === 'search.fs_label' ? 'fs_label' : 'file'
  let variable = isPlain ? undefined : 'root'
  const operands: string[] = []
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? ''
    if (value === '-u' || value === '--fs-uuid') by = 'fs_uuid'
    else if (value === '-l' || value === '--label') by = 'fs_label'
    else if (value === '-f' || value === '--file') by = 'file'
    else if (value === '-s' || value === '--set') {
      // The variable may be left out. The next word is one only where another is left for what is searched.
      const next = values[index + 1]
      const isNamed = next !== undefined && isOperand(next) && values.slice(index + 2).some(isOperand)
      variable = isNamed ? next : 'root'
      if (isNamed) index += 1
    } else if (value.startsWith('--set=')) variable = value.slice('--set='.length)
    else if (isOperand(value)) operands.push(value)
  }
  const [wanted = '', named] = operands
  if (!isPlain && named !== undefined) variable = named
  return { by, wanted, ...(variable !== undefined && { variable }) }
}

function isOperand(value: string): boolean {
  return !value.startsWith('-')
}
