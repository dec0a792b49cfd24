import { isObject } from '../../core/index.ts'
import type { Members } from '../../conductor/index.ts'
import { invalid } from './read-request.ts'

/** One step of a JSON patch (RFC 6902). */
export type PatchStep = Readonly<{ op: string; path: string; value?: unknown }>

/** Throws REQUEST_INVALID. */
export function patchSteps(steps: unknown): readonly PatchStep[] {
  if (!Array.isArray(steps)) throw invalid('a change is a list of steps')
  return steps.map(stepOf)
}

/** The names of a path (RFC 6901). */
export function partsOf(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** An object with one member changed, however deep. Throws REQUEST_INVALID where the step does not fit. */
export function changedBelow(
  whole: Members,
  [name = '', ...below]: readonly string[],
  step: PatchStep,
): Members {
  if (below.length > 0) {
    const inner = whole[name]
    if (!isObject(inner)) throw invalid(`${step.path} is below something that is not there`)
    return { ...whole, [name]: changedBelow(inner, below, step) }
  }
  if (step.op !== 'add' && !Object.hasOwn(whole, name)) throw invalid(`${step.path} is not there`)
  if (step.op === 'remove') {
    const { [name]: _, ...rest } = whole
    return rest
  }
  return Object.fromEntries([...Object.entries(whole), [name, step.value]])
}

function stepOf(value: unknown): PatchStep {
  const step = value as Partial<PatchStep> | null
  if (
    typeof step !== 'object' ||
    step === null ||
    typeof step.path !== 'string' ||
    typeof step.op !== 'string'
  ) {
    throw invalid('a step has an op and a path')
  }
  if (!step.path.startsWith('/')) throw invalid(`the path "${step.path}" does not begin with a slash`)
  if (!['add', 'replace', 'remove'].includes(step.op)) throw invalid(`op "${step.op}" is not known`)
  return { op: step.op, path: step.path, value: step.value }
}
