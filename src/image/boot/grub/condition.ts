import { testNumber } from './number.ts'

export type Looked = Readonly<{ kind: string; modifiedSeconds?: number }>

/** What a condition asks of the image. */
export type Look = Readonly<{
  /** What a directory lists under that name: links are not followed. undefined where there is nothing. */
  entry: (path: string) => Promise<Looked | undefined>
  /** The size of a file that can be opened, links followed. */
  size: (path: string) => Promise<number | undefined>
}>

type State = { and: boolean; or: boolean; inverted: boolean }

/** As deep as GRUB itself goes. */
const MOST_NESTED = 100

/** `[ … ]` and `test` (test_parse in grub-core/commands/test.c): from left to right, `-a` says nothing, `-o` begins anew. */
export async function holds(words: readonly string[], look: Look): Promise<boolean> {
  return new Condition(words.at(-1) === ']' ? words.slice(0, -1) : words, look).parse()
}

class Condition {
  readonly #words: readonly string[]
  readonly #look: Look
  #at = 0
  #depth = 0

  constructor(words: readonly string[], look: Look) {
    this.#words = words
    this.#look = look
  }

  async parse(): Promise<boolean> {
    const state: State = { and: true, or: false, inverted: false }
    while (this.#at < this.#words.length) {
      const step = (await this.#three()) ?? (await this.#two())
      if (step !== undefined) {
        update(state, step)
        continue
      }
      const word = this.#words[this.#at] ?? ''
      this.#at += 1
      if (word === ')') break
      if (word === '(') {
        this.#depth += 1
        if (this.#depth > MOST_NESTED) break
        update(state, await this.parse())
      } else if (word === '!') state.inverted = !state.inverted
      else if (word === '-o') {
        state.or ||= state.and
        state.and = true
      } else if (word !== '-a') update(state, word !== '')
    }
    return state.or || state.and
  }

  async #three(): Promise<boolean | undefined> {
    const [left, operator, right] = this.#words.slice(this.#at, this.#at + 3)
    if (left === undefined || operator === undefined || right === undefined) return undefined
    const answer = /^-[no]t/.test(operator)
      ? await this.#byTime(left, operator, right)
      : compare(left, operator, right)
    if (answer !== undefined) this.#at += 3
    return answer
  }

  /** `-nt60`: a minute is added to the first one. */
  async #byTime(left: string, operator: string, right: string): Promise<boolean> {
    const [one, two] = [await this.#look.entry(left), await this.#look.entry(right)]
    const isNewer = operator.startsWith('-nt')
    if (one === undefined || two === undefined)
      return isNewer ? one !== undefined : one === undefined && two !== undefined
    const bias = operator.length > 3 ? Number(testNumber(operator.slice(3))) : 0
    if (one.modifiedSeconds === undefined || two.modifiedSeconds === undefined) return false
    const [first, second] = [one.modifiedSeconds + bias, two.modifiedSeconds]
    return isNewer ? first > second : first < second
  }

  async #two(): Promise<boolean | undefined> {
    const [operator, operand] = this.#words.slice(this.#at, this.#at + 2)
    if (operator === undefined || operand === undefined) return undefined
    const answer = await this.#ask(operator, operand)
    if (answer !== undefined) this.#at += 2
    return answer
  }

  async #ask(operator: string, operand: string): Promise<boolean | undefined> {
    switch (operator) {
      case '-d':
        return (await this.#look.entry(operand))?.kind === 'directory'
      case '-e':
        return (await this.#look.entry(operand)) !== undefined
      case '-f': {
        const found = await this.#look.entry(operand)
        return found !== undefined && found.kind !== 'directory'
      }
      case '-s':
        return ((await this.#look.size(operand)) ?? 0) > 0
      case '-n':
        return operand !== ''
      case '-z':
        return operand === ''
      default:
        return undefined
    }
  }
}

function update(state: State, value: boolean): void {
  state.and &&= state.inverted ? !value : value
  state.inverted = false
}

function compare(left: string, operator: string, right: string): boolean | undefined {
  switch (operator) {
    case '=':
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return order(left, right) < 0
    case '<=':
      return order(left, right) <= 0
    case '>':
      return order(left, right) > 0
    case '>=':
      return order(left, right) >= 0
    case '-eq':
      return testNumber(left) === testNumber(right)
    case '-ne':
      return testNumber(left) !== testNumber(right)
    case '-lt':
      return testNumber(left) < testNumber(right)
    case '-le':
      return testNumber(left) <= testNumber(right)
    case '-gt':
      return testNumber(left) > testNumber(right)
    case '-ge':
      return testNumber(left) >= testNumber(right)
    case '-pgt':
    case '-plt': {
      const [one, two] = behindPrefix(left, right)
      return operator === '-pgt' ? one > two : one < two
    }
    default:
      return undefined
  }
}

/** As strcmp() orders bytes. */
function order(left: string, right: string): number {
  const [one, two] = [left, right].map((text) => [...new TextEncoder().encode(text)])
  const at = (one ?? []).findIndex((byte, index) => byte !== two?.[index])
  if (at === -1) return (one?.length ?? 0) - (two?.length ?? 0)
  return (one?.[at] ?? -1) - (two?.[at] ?? -1)
}

/** The numbers where two words begin to differ, from the first digit of them on. */
function behindPrefix(left: string, right: string): readonly [bigint, bigint] {
  let at = 0
  while (at < left.length && left[at] === right[at]) at += 1
  at -= 1
  while (at > 0 && /[0-9]/.test(left[at] ?? '')) at -= 1
  at += 1
  const number = (text: string): bigint => testNumber(text.slice(at).replace(/^-.*/, ''))
  return [number(left), number(right)]
}
