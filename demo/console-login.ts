import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { typeAt } from '../lab/index.ts'
import type { Machine } from '../lab/index.ts'
import { DemoFailure } from './story.ts'

/** The machines of the test bed are slow: they are emulated. */
const ANSWER_TIMEOUT_MS = 120_000
const LOOK_MS = 250

/**
 * Logs in as root on the serial console of a machine, whose prompt is there, and asks: each command's output, in their
 * order. The system must ask root for no password.
 */
export async function askAtConsole<const Commands extends readonly string[]>(
  machine: Machine,
  commands: Commands,
): Promise<{ [K in keyof Commands]: string }> {
  await answerTo(machine, 'root\n', /[#$] $/)
  // Neither the prompt nor the shell's echo of what is typed may look like an answer.
  await answerTo(machine, "stty -echo; PS1='' PS2=''\n", /\n/)
  const answers: string[] = []
  for (const [index, command] of commands.entries()) {
    const text = await answerTo(
      machine,
      `echo "<${index}"; ${command}; echo "${index}>"\n`,
      new RegExp(`<${index}\\n([^]*)\\n${index}>`),
    )
    answers.push(text.trim())
  }
  return answers as { [K in keyof Commands]: string }
}

/** Types, and waits until what the machine wrote since then fits; gives the first group, or all of it. */
async function answerTo(machine: Machine, typed: string, expected: RegExp): Promise<string> {
  const from = statSync(machine.consoleLog).size
  await typeAt(machine, typed)
  const deadline = performance.now() + ANSWER_TIMEOUT_MS
  for (;;) {
    const text = plainText(since(machine.consoleLog, from))
    const match = expected.exec(text)
    if (match !== null) return match[1] ?? text
    if (performance.now() > deadline) {
      throw new DemoFailure(`the console did not answer ${JSON.stringify(typed)}\n${text}`)
    }
    await sleep(LOOK_MS)
  }
}

function since(path: string, from: number): string {
  return readFileSync(path).subarray(from).toString('utf8')
}

/** Without carriage returns and the escape sequences of a terminal (ECMA-48, 5.4). */
function plainText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007]*\u0007|\r/g, '')
}
