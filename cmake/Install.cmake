# SPDX-License-Identifier: Apache-2.0
install(TARGETS rephrased RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES schemas/interaction.v1.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/rephrased)
