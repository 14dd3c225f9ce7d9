import node from 'eslint-plugin-n';
import unicorn from 'eslint-plugin-unicorn';
import tseslint from 'typescript-eslint';

const code = [
  'common',
  'workflows',
  'activities',
  'services',
  'workers',
  'client',
  'api',
  'sdk',
  'examples',
  'test',
].map((folder) => `${folder}/**/*.ts`);

export default tseslint.config(
  {
    ignores: ['node_modules/', 'dist/', '.ostinato/', 'api/dashboard/', 'test/architecture/leak/'],
  },
  {
    files: [...code, 'scripts/**/*.mjs', '*.config.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { n: node, unicorn },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // An un-awaited activity is a lost one.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'unicorn/filename-case': ['error', { case: 'kebabCase' }],
      // Configuration enters by the entry points, which hand process.env to loadConfig.
      'n/no-process-env': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  {
    files: ['test/**/*.ts', 'examples/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'n/no-process-env': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['workers/*.ts', 'client/cli/**/*.ts', 'api/server.ts', 'scripts/**/*.mjs'],
    rules: { 'n/no-process-env': 'off' },
  },
);
