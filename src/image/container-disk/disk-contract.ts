import { formatKernelCommandLine, kernelArgument, lintForIronic } from '../../core/index.ts'
import type { BootArgument, BootContract } from '../boot/index.ts'

/** What is said of a container that is on no disk yet. */
const OLD_FINDINGS = /^(?:CONTAINER_ROOT_MISSING$|KARG_)/

/** The contract of a container whose tree is on a file system now: `root=` and `rw` come first, as `bootc install` puts them. */
export function diskContract(contract: BootContract, uuid: string): BootContract {
  const has = (...keys: readonly string[]): boolean =>
    contract.arguments.some(({ key }) => keys.includes(key))
  const made: BootArgument[] = []
  if (!has('root')) {
    const reason = 'the file system that was made of the container'
    made.push({ ...kernelArgument('root', `UUID=${uuid}`), source: { kind: 'made' }, reason })
  }
  if (!has('rw', 'ro')) {
    const reason = 'the root is mounted writable, as bootc installs it'
    made.push({ key: 'rw', text: 'rw', source: { kind: 'made' }, reason })
  }
  const all = [...made, ...contract.arguments]
  const commandLine = formatKernelCommandLine({ arguments: all, init: contract.init })
  return {
    ...contract,
    arguments: all,
    commandLine,
    findings: [
      ...contract.findings.filter(({ code }) => !OLD_FINDINGS.test(code)),
      ...lintForIronic(commandLine),
    ],
  }
}
