const SANDBOX_PACKAGES = 'node_modules/@temporalio/(workflow|common)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'workflows-are-closed',
      severity: 'error',
      comment:
        'Whatever a workflow reaches at run time is replayed. Only workflows/ and common/ are replay-safe.',
      from: { path: '^workflows/' },
      to: { reachable: true, pathNot: ['^workflows/', '^common/', SANDBOX_PACKAGES] },
    },
    {
      name: 'common-is-the-floor',
      severity: 'error',
      from: { path: '^common/' },
      to: { pathNot: ['^common/'] },
    },
    {
      name: 'activities-stay-between',
      severity: 'error',
      from: { path: '^activities/' },
      to: { path: '^(workflows|workers|client|api|sdk)/' },
    },
    {
      name: 'services-know-no-temporal',
      severity: 'error',
      from: { path: '^services/' },
      to: {
        path: ['node_modules/@temporalio/', '^(workflows|activities|workers|client|api|sdk)/'],
      },
    },
    {
      name: 'clients-only-ask',
      severity: 'error',
      comment: 'client/ is installed by callers: it never brings services or workers along.',
      from: { path: '^client/' },
      to: {
        path: ['^(activities|services|workers|api|sdk)/', '^workflows/(?!definitions\\.ts$)'],
      },
    },
    {
      name: 'api-starts-no-work',
      severity: 'error',
      from: { path: '^api/' },
      to: { path: '^(activities|workers|workflows)/' },
    },
    {
      name: 'workers-are-not-clients',
      severity: 'error',
      comment: 'workers/standalone.ts is the one place that joins the API and the workers.',
      from: { path: '^workers/', pathNot: '^workers/(start-)?standalone\\.ts$' },
      to: { path: '^(client|api)/' },
    },
    {
      name: 'nobody-imports-an-entry-point',
      severity: 'error',
      from: { pathNot: '^(workers|test)/' },
      to: { path: '^workers/' },
    },
    {
      name: 'sdk-stands-alone',
      severity: 'error',
      from: { path: '^sdk/' },
      to: { path: '^(workflows|activities|services|workers|client|api)/' },
    },
    {
      name: 'scripts-need-only-node',
      severity: 'error',
      from: { path: '^scripts/' },
      to: { pathNot: ['^scripts/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'tests-are-imported-by-nobody',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'mcp-sdk-1x-is-a-test-peer',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: 'node_modules/@modelcontextprotocol/sdk/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(test/architecture/leak|dist|api/dashboard)/' },
    // Erased `import type` lines do not count: the rules judge what runs.
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.cjs', '.json'],
    },
  },
};
