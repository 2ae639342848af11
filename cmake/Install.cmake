# SPDX-License-Identifier: Apache-2.0
# What a package would hold.
install(TARGETS rephrased RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES schemas/interaction.v1.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/rephrased)
install(FILES man/rephrased.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/rephrased.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES scripts/completion/rephrased.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME rephrased)
install(FILES README.md NEWS.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# systemd reads units of packages below /usr/lib and those of a local prefix below PREFIX/lib.
configure_file(systemd/rephrased.service.in systemd/rephrased.service @ONLY)
configure_file(systemd/rephrased-retrain.service.in systemd/rephrased-retrain.service @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/systemd/rephrased.service
  ${CMAKE_CURRENT_BINARY_DIR}/systemd/rephrased-retrain.service
  systemd/rephrased-secret.service systemd/rephrased-retrain.path DESTINATION lib/systemd/system)
install(FILES systemd/rephrased.sysusers DESTINATION lib/sysusers.d RENAME rephrased.conf)
install(FILES systemd/rephrased.tmpfiles DESTINATION lib/tmpfiles.d RENAME rephrased.conf)
install(PROGRAMS systemd/retrain-all DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/rephrased)
install(DIRECTORY scripts/retrain/ DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/rephrased/trainer USE_SOURCE_PERMISSIONS
	PATTERN __pycache__ EXCLUDE)
install(FILES systemd/rephrased.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/rephrased)
