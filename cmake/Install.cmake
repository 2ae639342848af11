# SPDX-License-Identifier: Apache-2.0
# What a package would hold.
install(TARGETS rephrased RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES schemas/interaction.v1.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/rephrased)
install(FILES man/rephrased.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/rephrased.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES scripts/completion/rephrased.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME rephrased)
install(FILES README.md NEWS.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
