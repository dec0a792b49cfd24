import { parseGrubNumber } from './number.ts'
import { BAD_ARGUMENT, DONE } from './state.ts'
import type { GrubState } from './state.ts'

/** `shift [N]` and `setparams WORD…`: the words that `$1` and the next ones stand for. */
export function shift(state: GrubState, name: 'shift' | 'setparams', values: readonly string[]): number {
  const { parameters } = state.context
  if (parameters === undefined) return name === 'shift' ? DONE : 17
  if (name === 'setparams') {
    state.context.parameters = values
    return DONE
  }
  const number = values[0] === undefined ? undefined : parseGrubNumber(values[0])
  if (values.length > 1 || (number !== undefined && number.rest !== '')) return BAD_ARGUMENT
  const count = values[0] === undefined ? 1 : Number(number?.value ?? 0)
  if (count > parameters.length) return BAD_ARGUMENT
  state.context.parameters = parameters.slice(count)
  return DONE
}
