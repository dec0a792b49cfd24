/**
 * Fuzzes the readers: changed images are read until something breaks.
 *
 *     npm run fuzz -- mbr gpt --executions 1000000 --seed 1      these targets, so many executions each
 *     npm run fuzz -- all --minutes 10                           every target, so long each
 *     npm run fuzz -- --replay test/fuzz/failures/mbr-….json     an input that failed, once more
 *
 * `--workers N` threads at a time (1). What fails is written into test/fuzz/failures. Exit code 1 where something did.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { scriptArguments } from '../../scripts/script-arguments.ts'
import { replay, runTarget, targetFile, targetNames } from './harness/index.ts'
import type { Failure } from './harness/index.ts'

const FAILURES = join(import.meta.dirname, 'failures')

const { values, positionals } = scriptArguments({
  allowPositionals: true,
  options: {
    executions: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    replay: { type: 'string' },
  },
})
process.exitCode = values.replay === undefined ? await fuzz() : await replayFile(values.replay)

async function fuzz(): Promise<number> {
  const known = targetNames()
  const wanted = positionals.includes('all') ? known : positionals
  const executions = Number(values.executions ?? (values.minutes === undefined ? 100_000 : Infinity))
  const deadlineMs = values.minutes === undefined ? Infinity : Number(values.minutes) * 60_000
  const numbers = [executions, deadlineMs, Number(values.seed), Number(values.workers)]
  if (
    wanted.length === 0 ||
    wanted.some((name) => !known.includes(name)) ||
    numbers.some((one) => !(one > 0))
  ) {
    process.stderr.write(
      `usage: npm run fuzz -- <all|${known.join('|')}>… [--executions N] [--minutes M] [--seed S]\n`,
    )
    return 2
  }
  let failed = 0
  for (const name of wanted) {
    let saidMs = 0
    const result = await runTarget(name, {
      file: targetFile(name),
      executions,
      // A timer cannot wait longer.
      deadlineMs: Math.min(deadlineMs, 2 ** 31 - 1),
      randomSeed: Number(values.seed),
      workers: Number(values.workers),
      onProgress: (progress) => {
        if (progress.elapsedMs - saidMs < 10_000) return
        saidMs = progress.elapsedMs
        process.stderr.write(`${name}: ${inWords(progress)}\n`)
      },
      onFailure: save,
    })
    process.stdout.write(`${name}: ${inWords(result)}, ${result.failures.length} failures\n`)
    failed += result.failures.length
  }
  return failed === 0 ? 0 : 1
}

function inWords(
  progress: Readonly<{ executions: number; elapsedMs: number; blocks: number; corpus: number }>,
): string {
  const { executions, elapsedMs, blocks, corpus } = progress
  const rate = Math.round((executions / elapsedMs) * 1000)
  return `${executions} executions in ${Math.round(elapsedMs / 1000)} s (${rate}/s), ${blocks} blocks, corpus ${corpus}`
}

function save(failure: Failure): void {
  const text = `${JSON.stringify(failure, undefined, 2)}\n`
  const hash = createHash('sha256').update(JSON.stringify(failure.input)).digest('hex').slice(0, 12)
  const file = join(FAILURES, `${failure.target}-${hash}.json`)
  mkdirSync(FAILURES, { recursive: true })
  writeFileSync(file, text)
  process.stdout.write(`${failure.target}: ${failure.message}\n  ${relative(process.cwd(), file)}\n`)
}

async function replayFile(file: string): Promise<number> {
  const failure = JSON.parse(readFileSync(file, 'utf8')) as Failure
  const again = await replay(targetFile(failure.target), failure)
  process.stdout.write(again === undefined ? 'passes\n' : `${again.message}\n${again.stack}\n`)
  return again === undefined ? 0 : 1
}
