export type Looked = Readonly<{ kind: string; sizeBytes: number }>

/** GRUB manual, "test": what `[ … ]` says of these words. `look` tells what is at a path of the image. */
export async function holds(
  values: readonly string[],
  look: (path: string) => Promise<Looked | undefined>,
): Promise<boolean> {
  for (const [operator, both] of [
    ['-o', false],
    ['-a', true],
  ] as const) {
    const at = values.indexOf(operator, 1)
    if (at === -1 || at === values.length - 1) continue
    const left = await holds(values.slice(0, at), look)
    const right = await holds(values.slice(at + 1), look)
    return both ? left && right : left || right
  }
  const [first = '', second = '', third = ''] = values
  if (first === '!') return !(await holds(values.slice(1), look))
  if (values.length === 1) return first !== ''
  if (values.length === 3) return compare(first, second, third)
  switch (first) {
    case '-n':
      return second !== ''
    case '-z':
      return second === ''
    case '-e':
      return (await look(second)) !== undefined
    case '-f':
      return (await look(second))?.kind === 'file'
    case '-d':
      return (await look(second))?.kind === 'directory'
    case '-s':
      return ((await look(second))?.sizeBytes ?? 0) > 0
    default:
      return false
  }
}

function compare(left: string, operator: string, right: string): boolean {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '-eq':
      return Number(left) === Number(right)
    case '-ne':
      return Number(left) !== Number(right)
    case '-lt':
      return Number(left) < Number(right)
    case '-le':
      return Number(left) <= Number(right)
    case '-gt':
      return Number(left) > Number(right)
    case '-ge':
      return Number(left) >= Number(right)
    default:
      return false
  }
}
