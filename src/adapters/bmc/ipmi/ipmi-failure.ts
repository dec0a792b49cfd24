import { PROGRAM_MISSING } from '../../programs/index.ts'
import { raise } from '../errors.ts'
import type { IpmiAddress, Said } from './ipmitool.ts'

type Meaning = 'busy' | 'credentials' | 'suite' | 'silent'

/** What ipmitool says, and what it means. The first line that matches counts. */
const MEANINGS: readonly Readonly<{ says: RegExp; means: Meaning }>[] = [
  // IPMI 2.0, table 5-2: C0h node busy, C4h out of space, D0h/D1h/D2h in an update or initialising; table 13-15: 01h.
  {
    says: /Node busy|Device firmware in update|initialization (in progress|agent)|Out of space/i,
    means: 'busy',
  },
  { says: /insufficient resources for session/i, means: 'busy' },
  // The session is open, and an answer came too late. ipmitool prints "failed:" and the reason where something is refused.
  { says: /^Unable to (get|set) Chassis|^Error (setting|sending)|Unexpected RAKP/i, means: 'busy' },
  { says: /RAKP 2 HMAC is invalid|unauthorized (name|GUID|role)|Invalid user name/i, means: 'credentials' },
  { says: /password is longer than|Insufficient privilege level|invalid role/i, means: 'credentials' },
  { says: /username is longer than|Unable to read password/i, means: 'credentials' },
  {
    says: /(invalid|unsupported|no matching) (authentication|integrity|confidentiality|cipher)/i,
    means: 'suite',
  },
  // A controller that chooses another suite than the one it was asked for.
  { says: /algorithm \S+ is not what we requested/i, means: 'suite' },
  {
    says: /Get Auth Capabilities error|Unable to establish|Address lookup|Could not open socket/i,
    means: 'silent',
  },
  {
    says: /Close Session command failed: Timeout|no response from|session timeout|Timeout/i,
    means: 'silent',
  },
]

/** Lines that say nothing of the failure. */
const NOISE =
  /^(Loading IANA PEN Registry|IANA PEN registry open failed|Running Get |Invalid completion code received|Discovered IPMB|Close Session|IPMI Request Match NOT FOUND)/

/** `setpriv: failed to execute ipmitool: No such file or directory` */
function isMissing({ error, stderr }: Said): boolean {
  return error?.code === PROGRAM_MISSING && stderr.startsWith('setpriv: ')
}

/** What a failed run of ipmitool means; undefined: the controller refuses. `busy`: the same command may succeed a little later. */
export function ipmiFailure(
  action: string,
  address: IpmiAddress,
  said: Said,
): Readonly<{ error: Error; means: Meaning | undefined }> {
  const bmc = `${address.host}:${address.port}`
  if (said.error?.code === 'ENOENT' || isMissing(said)) {
    const remedy = 'install ipmitool (Debian: apt-get install ipmitool)'
    return {
      error: raise('BMC_UNABLE', { action, bmc, why: 'the program ipmitool is missing', remedy }),
      means: undefined,
    }
  }
  const lines = `${said.stderr}\n${said.stdout}`
    .split('\n')
    .map((line) => line.replace(/^[>\s]+/, '').trim())
    .filter((line) => line !== '' && !NOISE.test(line))
  const found = MEANINGS.find(({ says }) => lines.some((line) => says.test(line)))
  const why = [...new Set(lines)].slice(-3).join('; ') || (said.error?.message.split('\n')[0] ?? 'no word')
  const means = found?.means ?? (said.error?.killed === true ? 'silent' : undefined)
  switch (means) {
    case 'busy':
      return {
        error: raise('BMC_UNREACHABLE', {
          action,
          bmc,
          why: `it is busy or slow: ${why}`,
          remedy: 'try again in a minute',
        }),
        means,
      }
    case 'credentials':
      return { error: raise('BMC_CREDENTIALS', { action, bmc, why }), means }
    case 'suite': {
      const { cipherSuite } = address
      const tried =
        cipherSuite === undefined ? 'neither cipher suite 17 nor 3' : `no cipher suite ${cipherSuite}`
      const remedy = `it takes ${tried}: choose another one in the inventory (ipmi_cipher_suite: 17, 3, …)`
      return { error: raise('BMC_REFUSED', { action, bmc, why, remedy }), means }
    }
    case 'silent':
      return {
        error: raise('BMC_UNREACHABLE', {
          action,
          bmc,
          why: `it does not answer: ${why}`,
          remedy:
            'see that the address is right, that IPMI over LAN is enabled, and that this machine reaches it',
        }),
        means,
      }
    case undefined:
      return {
        error: raise('BMC_REFUSED', {
          action,
          bmc,
          why,
          remedy: 'see whether the BMC can do this, and its log',
        }),
        means,
      }
  }
}
