import { nameOf, nodesIn } from '../../scripts/source/index.ts'
import type { FreeName } from '../../scripts/source/index.ts'

/** What the language itself brings and that gives the same answer every time. `Date` and `Math` are judged by use. */
const TIMELESS = new Set(
  `undefined NaN Infinity isNaN isFinite parseInt parseFloat
  Object Array String Number Boolean BigInt Symbol RegExp JSON Promise
  Map Set WeakMap WeakSet Reflect Proxy Iterator Intl
  Error TypeError RangeError SyntaxError AggregateError
  ArrayBuffer DataView Uint8Array Uint16Array Uint32Array BigUint64Array
  Int8Array Int16Array Int32Array BigInt64Array Float32Array Float64Array`.split(/\s+/),
)

/** Of the platform, but the same in Node and in browsers; they only compute. */
const PORTABLE = new Set(
  `TextEncoder TextDecoder URL URLSearchParams structuredClone
  AbortController encodeURIComponent decodeURIComponent`.split(/\s+/),
)

/** Why a pure room may not use this global so; undefined where it may. */
export function impurities(use: FreeName): string | undefined {
  if (TIMELESS.has(use.name) || PORTABLE.has(use.name)) return undefined
  if (use.name === 'Date') return isTimelessDate(use) ? undefined : 'reads the clock through Date'
  if (use.name === 'Math') return memberUsed(use) === 'random' ? 'draws from Math.random' : mathProblem(use)
  return `uses ${use.name}`
}

/** `new Date(0)`, `Date.parse(text)` and `Date.UTC(…)` tell of their arguments; everything else tells the time. */
function isTimelessDate(use: FreeName): boolean {
  if (use.parent.type === 'NewExpression') return nodesIn(use.parent['arguments']).length > 0
  const member = memberUsed(use)
  return member === 'parse' || member === 'UTC'
}

/** Passing `Math` itself on would hide what is drawn from it. */
function mathProblem(use: FreeName): string | undefined {
  return memberUsed(use) === undefined ? 'passes Math on' : undefined
}

function memberUsed(use: FreeName): string | undefined {
  const { parent } = use
  if (parent.type !== 'MemberExpression' || parent['computed'] === true) return undefined
  return nameOf(parent['property'])
}

/** What a use case may ask of its process: who it is. */
const OWN_PROCESS = new Set(['pid', 'getuid'])

/** Modules of Node that are another name for the process, its terminal or its streams. */
const OF_THE_PROCESS = new Set(
  ['process', 'console', 'tty', 'readline', 'readline/promises', 'repl'].flatMap((name) => [
    name,
    `node:${name}`,
  ]),
)

/** Why a use case may not use this global so; undefined where it may. */
export function ownWay(use: FreeName): string | undefined {
  if (use.name === 'process') {
    const member = memberUsed(use)
    if (member !== undefined && OWN_PROCESS.has(member)) return undefined
    return `uses process${member === undefined ? '' : `.${member}`}: whoever calls it gives and gets what it needs`
  }
  return ['console', 'globalThis', 'global'].includes(use.name) ? `uses ${use.name}` : undefined
}

/** Whether this module gives what `ownWay` forbids. */
export function isOfTheProcess(specifier: string): boolean {
  return OF_THE_PROCESS.has(specifier)
}
