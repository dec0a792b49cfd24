export { mentionsEngine, readScript, scriptsIn, startsUnits } from './scripts-in.ts'
