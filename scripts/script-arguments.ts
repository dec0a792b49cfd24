import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'

/**
 * The arguments of the script that runs, as util.parseArgs reads them. `--help` prints the comment at the head of the script and ends
 * with 0; a flag that is not there is said in front of that comment, and the script ends with 2.
 */
export function scriptArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  const usage = usageOf(readFileSync(process.argv[1] ?? '', 'utf8'))
  const ownHelp = config.options !== undefined && 'help' in config.options
  if (!ownHelp && process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(usage)
    process.exit(0)
  }
  try {
    return parseArgs(config)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}

/** The first comment of a source, without its marks. */
function usageOf(source: string): string {
  const [, comment = ''] = /\/\*\*\n?(.*?)\*\//s.exec(source) ?? []
  return `${comment.replace(/^ \* ?/gm, '').trim()}\n`
}
